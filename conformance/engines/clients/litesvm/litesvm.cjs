// LiteSVM out of npm: a line of JSON for each chain of slots, and a line in answer, as `solders_program.py` has them.
//
//   node litesvm.cjs FOLDER
//
// FOLDER is where the package is installed. A transaction that cannot be decoded ends the library, and so this process.

const { createInterface } = require('node:readline')
const { createRequire } = require('node:module')
const { join, resolve } = require('node:path')

const from = createRequire(join(resolve(process.argv[2]), 'package.json'))
const library = from('litesvm/dist/internal.js')
const { Account, Clock, FailedTransactionMetadata, LiteSvm } = library
const MAXIMUM_EPOCH = 2n ** 64n - 1n

/** What comes out of a chain of slots. */
function run(question) {
  const machine = new LiteSvm()
  machine.setBlockhashCheck(false)
  machine.setTransactionHistory(0n)
  machine.setSigverify(question.signatures)
  machine.setLogBytesLimit(BigInt(question.log_bytes))
  setAccounts(machine, question.accounts)
  const slots = question.slots.map((slot) => {
    setAccounts(machine, slot.accounts)
    machine.setClock(new Clock(...slot.clock.map(BigInt)))
    machine.setSlotHashes(slot.slot_hashes.map(([number, digest]) => ({ slot: BigInt(number), hash: base58(digest) })))
    return slot.transactions.map((transaction, index) => send(machine, transaction, slot.told[index]))
  })
  return { slots }
}

/** Set accounts, one that is null to nothing. */
function setAccounts(machine, accounts) {
  for (const [address, account] of Object.entries(accounts)) {
    const [lamports, data, owner, executable] = account ?? ['0', '', '00'.repeat(32), false]
    const content = Buffer.from(data, 'base64')
    const held = new Account(BigInt(lamports), content, Buffer.from(owner, 'hex'), executable, MAXIMUM_EPOCH)
    machine.setAccount(Buffer.from(address, 'hex'), held)
  }
}

/** What comes of a transaction. */
function send(machine, transaction, told) {
  const result = machine.sendVersionedTransaction(Buffer.from(transaction, 'base64'))
  const failed = result instanceof FailedTransactionMetadata
  const about = failed ? result.meta() : result
  const accounts = Object.fromEntries(told.map((address) => [address, accountNow(machine, address)]))
  const error = failed ? errorText(result) : null
  return { error, units: Number(about.computeUnitsConsumed()), logs: about.logs(), fee: null, accounts }
}

/** An account as it is, null where it has no lamports. */
function accountNow(machine, address) {
  const account = machine.getAccount(Buffer.from(address, 'hex'))
  if (account === null || account.lamports() === 0n) return null
  const data = Buffer.from(account.data()).toString('base64')
  return [account.lamports().toString(), data, Buffer.from(account.owner()).toString('hex'), account.executable()]
}

/** An error as Agave prints it, such as `InstructionError(0, Custom(1))`: names are in the printed form alone. */
function errorText(failed) {
  const [, text] = /\{ err: (.*), meta: TransactionMetadata \{/s.exec(failed.toString().split('signature:')[0])
  return text
}

/** Bytes in hex as base58. */
function base58(digits) {
  const alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
  let number = BigInt(`0x${digits}`)
  let text = ''
  for (; number; number /= 58n) text = alphabet[Number(number % 58n)] + text
  return '1'.repeat(/^(?:00)*/.exec(digits)[0].length / 2) + text
}

createInterface({ input: process.stdin }).on('line', (line) => {
  process.stdout.write(`${JSON.stringify(run(JSON.parse(line)))}\n`)
})
