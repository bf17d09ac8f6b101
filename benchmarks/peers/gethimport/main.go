// geth importing the raw block of one workload (benchmarks/peers/README.md has the form), as it imports blocks of a chain:
// decoding, senders, execution, receipts, state root and block access list, over a database in memory.
//
//	samestate-geth-import [-sequential] WORKLOAD
//
// The first line of the output is what the block came to. Then each line of the input is a number of imports, and answered
// by a line with the seconds of each. Every import begins with a new chain that has only its genesis block, which is made
// before the clock starts. It is in parallel, by the block access list, unless -sequential is given.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/consensus/beacon"
	"github.com/ethereum/go-ethereum/consensus/ethash"
	"github.com/ethereum/go-ethereum/core"
	"github.com/ethereum/go-ethereum/core/rawdb"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/core/types/bal"
	"github.com/ethereum/go-ethereum/log"
	"github.com/ethereum/go-ethereum/params"
	"github.com/ethereum/go-ethereum/rlp"
)

type workload struct {
	Fork    string             `json:"fork"`
	ChainID int64              `json:"chain_id"`
	Alloc   types.GenesisAlloc `json:"alloc"`
	Chain   *struct {
		Genesis struct {
			Timestamp     uint64 `json:"timestamp"`
			GasLimit      uint64 `json:"gas_limit"`
			BaseFeePerGas uint64 `json:"base_fee_per_gas"`
		} `json:"genesis"`
		Block      hexutil.Bytes `json:"block"`
		AccessList hexutil.Bytes `json:"access_list"`
	} `json:"chain"`
}

func main() {
	sequential := flag.Bool("sequential", false, "leave the block access list aside while executing")
	flag.Parse()
	log.SetDefault(log.NewLogger(slog.NewTextHandler(io.Discard, nil)))
	content, err := os.ReadFile(flag.Arg(0))
	check(err)
	var given workload
	check(json.Unmarshal(content, &given))
	if given.Chain == nil || given.Fork != "Amsterdam" {
		fail("the workload is no raw block of Amsterdam")
	}
	_, report := run(&given, *sequential)
	answer(report)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		times, err := strconv.Atoi(strings.TrimSpace(lines.Text()))
		check(err)
		seconds := make([]float64, times)
		for i := range seconds {
			seconds[i], _ = run(&given, *sequential)
		}
		answer(map[string]any{"seconds": seconds})
	}
}

// run imports the block into a new chain: the seconds that it takes, and what it came to.
func run(given *workload, sequential bool) (float64, map[string]any) {
	genesis := &core.Genesis{
		Config:     amsterdam(given.ChainID),
		Timestamp:  given.Chain.Genesis.Timestamp,
		GasLimit:   given.Chain.Genesis.GasLimit,
		BaseFee:    new(big.Int).SetUint64(given.Chain.Genesis.BaseFeePerGas),
		Difficulty: new(big.Int),
		Alloc:      given.Alloc,
	}
	options := core.DefaultConfig().WithStateScheme(rawdb.PathScheme)
	options.VmConfig.DisableParallelExecution = sequential
	chain, err := core.NewBlockChain(rawdb.NewMemoryDatabase(), genesis, beacon.New(ethash.NewFaker()), options)
	check(err)
	defer chain.Stop()

	start := time.Now()
	var block types.Block
	check(rlp.DecodeBytes(given.Chain.Block, &block))
	var list bal.BlockAccessList
	check(rlp.DecodeBytes(given.Chain.AccessList, &list))
	_, err = chain.InsertChain(types.Blocks{block.WithAccessListUnsafe(&list)})
	seconds := time.Since(start).Seconds()

	check(err)
	head := chain.CurrentBlock()
	if head.Hash() != block.Hash() {
		fail("the imported block is not the head of the chain")
	}
	return seconds, map[string]any{"block_hash": head.Hash(), "state_root": head.Root, "gas_used": head.GasUsed}
}

// amsterdam is a chain that has had every fork up to Amsterdam from its genesis block on.
func amsterdam(chainID int64) *params.ChainConfig {
	start := new(uint64)
	config := *params.MergedTestChainConfig
	config.ChainID = big.NewInt(chainID)
	config.DepositContractAddress = params.MainnetChainConfig.DepositContractAddress
	config.BPO1Time, config.BPO2Time, config.AmsterdamTime = start, start, start
	config.BlobScheduleConfig = params.MainnetChainConfig.BlobScheduleConfig
	return &config
}

func answer(value map[string]any) {
	line, err := json.Marshal(value)
	check(err)
	fmt.Println(string(line))
}

func check(err error) {
	if err != nil {
		fail(err.Error())
	}
}

func fail(message string) {
	fmt.Fprintln(os.Stderr, "samestate-geth-import: "+message)
	os.Exit(1)
}
