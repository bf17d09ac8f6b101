// geth importing chains as an engine of Samestate: a line of JSON for each chain, and a line of JSON in answer.
//
//	samestate-geth-engine [-sequential | -version]
//
// In:  {"network", "chain_id", "genesis": {…}, "pre": {…}, "blocks": [{"rlp", "access_list"}]}
// Out: {"blocks": [{"accepted", "error", "parallel", "state_root", "receipts_root", "gas_used", "receipts"}], "head"} or {"error"}
//
// Each chain is imported into a new database in memory, block by block, as blocks of a network are. A block that comes
// with its access list is executed in parallel, transaction by transaction, unless -sequential is given; "parallel" says
// whether it was. The networks are those of geth's own tests. It ends when its input does.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	stdmath "math"
	"math/big"
	"os"
	"runtime/debug"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/common/math"
	"github.com/ethereum/go-ethereum/consensus/beacon"
	"github.com/ethereum/go-ethereum/consensus/ethash"
	"github.com/ethereum/go-ethereum/core"
	"github.com/ethereum/go-ethereum/core/rawdb"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/core/types/bal"
	"github.com/ethereum/go-ethereum/log"
	"github.com/ethereum/go-ethereum/rlp"
	"github.com/ethereum/go-ethereum/tests"
)

type question struct {
	Network string             `json:"network"`
	ChainID uint64             `json:"chain_id"`
	Genesis genesis            `json:"genesis"`
	Pre     types.GenesisAlloc `json:"pre"`
	Blocks  []struct {
		RLP        hexutil.Bytes `json:"rlp"`
		AccessList hexutil.Bytes `json:"access_list"`
	} `json:"blocks"`
}

type genesis struct {
	Hash          common.Hash           `json:"hash"`
	ParentHash    common.Hash           `json:"parentHash"`
	Nonce         types.BlockNonce      `json:"nonce"`
	Timestamp     math.HexOrDecimal64   `json:"timestamp"`
	ExtraData     hexutil.Bytes         `json:"extraData"`
	GasLimit      math.HexOrDecimal64   `json:"gasLimit"`
	GasUsed       math.HexOrDecimal64   `json:"gasUsed"`
	Difficulty    math.HexOrDecimal256  `json:"difficulty"`
	MixHash       common.Hash           `json:"mixHash"`
	Coinbase      common.Address        `json:"coinbase"`
	BaseFee       *math.HexOrDecimal256 `json:"baseFeePerGas"`
	BlobGasUsed   *math.HexOrDecimal64  `json:"blobGasUsed"`
	ExcessBlobGas *math.HexOrDecimal64  `json:"excessBlobGas"`
	SlotNumber    *math.HexOrDecimal64  `json:"slotNumber"`
}

type verdict struct {
	Accepted     bool           `json:"accepted"`
	Error        string         `json:"error,omitempty"`
	Parallel     bool           `json:"parallel"`
	StateRoot    common.Hash    `json:"state_root"`
	ReceiptsRoot common.Hash    `json:"receipts_root"`
	GasUsed      uint64         `json:"gas_used"`
	Receipts     types.Receipts `json:"receipts,omitempty"`
}

func main() {
	sequential := flag.Bool("sequential", false, "leave block access lists aside while executing")
	version := flag.Bool("version", false, "say which go-ethereum this is")
	flag.Parse()
	if *version {
		info, _ := debug.ReadBuildInfo()
		for _, each := range info.Deps {
			if each.Path == "github.com/ethereum/go-ethereum" {
				fmt.Println(each.Version)
			}
		}
		return
	}
	log.SetDefault(log.NewLogger(slog.NewTextHandler(io.Discard, nil)))
	output := json.NewEncoder(os.Stdout)
	input := bufio.NewReader(os.Stdin)
	for {
		line, err := input.ReadBytes('\n')
		if err != nil {
			return
		}
		verdicts, head, err := importChain(line, *sequential)
		if err != nil {
			output.Encode(map[string]any{"error": err.Error()})
		} else {
			output.Encode(map[string]any{"blocks": verdicts, "head": head})
		}
	}
}

// importChain imports the blocks of a question into a new chain: what became of each, and the last block in the end.
func importChain(line []byte, sequential bool) ([]verdict, common.Hash, error) {
	var given question
	if err := json.Unmarshal(line, &given); err != nil {
		return nil, common.Hash{}, err
	}
	known, ok := tests.Forks[given.Network]
	if !ok {
		return nil, common.Hash{}, fmt.Errorf("no network is called %q", given.Network)
	}
	config := *known
	config.ChainID = new(big.Int).SetUint64(given.ChainID)
	if config.TerminalTotalDifficulty == nil {
		config.TerminalTotalDifficulty = big.NewInt(stdmath.MaxInt64)
	}
	first := &core.Genesis{
		Config: &config, Nonce: given.Genesis.Nonce.Uint64(), Timestamp: uint64(given.Genesis.Timestamp),
		ExtraData: given.Genesis.ExtraData, GasLimit: uint64(given.Genesis.GasLimit), GasUsed: uint64(given.Genesis.GasUsed),
		ParentHash: given.Genesis.ParentHash,
		Difficulty: (*big.Int)(&given.Genesis.Difficulty), Mixhash: given.Genesis.MixHash, Coinbase: given.Genesis.Coinbase,
		Alloc: given.Pre, BaseFee: (*big.Int)(given.Genesis.BaseFee), BlobGasUsed: (*uint64)(given.Genesis.BlobGasUsed),
		ExcessBlobGas: (*uint64)(given.Genesis.ExcessBlobGas), SlotNumber: (*uint64)(given.Genesis.SlotNumber),
	}
	options := core.DefaultConfig().WithStateScheme(rawdb.PathScheme)
	options.SnapshotLimit = 0
	options.VmConfig.DisableParallelExecution = sequential
	chain, err := core.NewBlockChain(rawdb.NewMemoryDatabase(), first, beacon.New(ethash.NewFaker()), options)
	if err != nil {
		return nil, common.Hash{}, err
	}
	defer chain.Stop()
	if hash := chain.Genesis().Hash(); hash != given.Genesis.Hash {
		return nil, common.Hash{}, fmt.Errorf("the genesis has the hash %s, and is expected to have %s", hash, given.Genesis.Hash)
	}
	verdicts := make([]verdict, len(given.Blocks))
	for index, each := range given.Blocks {
		block, err := decode(each.RLP, each.AccessList)
		if err == nil {
			_, err = chain.InsertChain(types.Blocks{block})
		}
		if err != nil {
			verdicts[index] = verdict{Error: err.Error()}
			continue
		}
		verdicts[index] = verdict{
			Accepted: true, StateRoot: block.Root(), ReceiptsRoot: block.ReceiptHash(), GasUsed: block.GasUsed(),
			Receipts: chain.GetReceiptsByHash(block.Hash()),
			// what core.supportsParallelExecution asks, of a chain without tracer and witness
			Parallel: !sequential && block.AccessList() != nil && config.IsAmsterdam(block.Number(), block.Time()),
		}
	}
	return verdicts, chain.CurrentBlock().Hash(), nil
}

// decode gives a block with the access list that comes beside it, if one does.
func decode(encoded, list []byte) (*types.Block, error) {
	block := new(types.Block)
	if err := rlp.DecodeBytes(encoded, block); err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return block, nil
	}
	decoded := new(bal.BlockAccessList)
	if err := rlp.DecodeBytes(list, decoded); err != nil {
		return nil, fmt.Errorf("block access list: %w", err)
	}
	return block.WithAccessListUnsafe(decoded), nil
}
