// A client of its own, for the toy machine: a line of JSON in, a line out. Nothing of Samestate is in it.

import { createInterface } from 'node:readline'

const HELLO = {
  protocol: 'samestate-engine/1',
  id: 'client',
  version: '1.0',
  capabilities: { machines: { toy: ['toy'] }, selectors: [], outputs: ['gas_used'], access: 'none' },
}

/** The gas that a transaction uses. It changes the slots, unless it runs out of gas. */
function execute(transaction, slots) {
  const limit = Number(transaction.gas_limit)
  const warm = new Set()
  const held = new Map(slots)
  let used = 0
  let number = 0n
  for (const operation of transaction.operations) {
    const [name, ...words] = operation.split(' ')
    const slot = name === 'SLOAD' || name === 'SSTORE' ? BigInt(words[0]) : undefined
    const last = words.at(-1)
    const value = last !== undefined && last !== 'accumulator' ? BigInt(last) : number
    const before = held.get(slot) ?? 0n
    if (name === 'SLOAD') {
      used += warm.has(slot) ? 100 : 2100
      number = before
    } else if (name === 'SSTORE') {
      used += warm.has(slot) ? 0 : 2100
      used += value === before ? 100 : before !== 0n ? 2900 : 20000
      held.set(slot, value)
    } else if (name === 'ADD' || name === 'SUB') {
      used += 3
      number = BigInt.asUintN(256, name === 'ADD' ? number + value : number - value)
    } else {
      used += 1 // NOOP; this client has no KECCAK yet
    }
    warm.add(slot)
    if (used > limit) return limit
  }
  for (const [slot, value] of held) slots.set(slot, value)
  return used
}

function run({ pre, blocks }) {
  const slots = new Map(Object.entries(pre.slots).map(([slot, value]) => [BigInt(slot), BigInt(value)]))
  return blocks.map((block) => {
    const used = block.txs.map((transaction) => execute(transaction, slots))
    return { status: 'valid', gas_used: String(used.reduce((sum, gas) => sum + gas, 0)) }
  })
}

for await (const line of createInterface({ input: process.stdin })) {
  const question = JSON.parse(line)
  const answer = question.type === 'run' ? { results: run(question.case) } : HELLO
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}
