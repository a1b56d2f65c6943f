// Checks an episode's proofs as c2sp.org/tlog-proof and its policy as c2sp.org/tlog-policy, with
// transparency-dev's own packages: the log's signature, the witnesses' quorum, and that an entry is in.
//
//	go run . POLICY (PROOF LEAF)...
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/formats/proof"
	"github.com/transparency-dev/formats/witness"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func must[T any](value T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return value
}

// logKey is the key in the policy's line for the log, which the package leaves to its callers.
func logKey(policy []byte) (string, error) {
	for _, line := range strings.Split(string(policy), "\n") {
		if words := strings.Fields(line); len(words) == 2 && words[0] == "log" {
			return words[1], nil
		}
	}
	return "", errors.New("a policy without a log")
}

func check(data, leaf []byte, key note.Verifier, quorum witness.Group) error {
	var found proof.TLogProof
	if err := found.Unmarshal(data); err != nil {
		return err
	}
	if !bytes.Equal(found.Marshal(), data) {
		return errors.New("a proof that is written in another way here")
	}
	checkpoint, _, _, err := log.ParseCheckpoint(found.Checkpoint, key.Name(), key)
	if err != nil {
		return err
	}
	if !quorum.Satisfied(found.Checkpoint) {
		return errors.New("the witnesses' quorum is not met")
	}
	var path tlog.RecordProof
	for _, hash := range found.Hashes {
		path = append(path, tlog.Hash(hash))
	}
	root := tlog.Hash(checkpoint.Hash)
	return tlog.CheckRecord(path, int64(checkpoint.Size), root, int64(found.Index), tlog.RecordHash(leaf))
}

func main() {
	policy := must(os.ReadFile(os.Args[1]))
	quorum := must(witness.ParsePolicy(policy))
	key := must(note.NewVerifier(must(logKey(policy))))
	pairs := os.Args[2:]
	for at := 0; at+1 < len(pairs); at += 2 {
		err := check(must(os.ReadFile(pairs[at])), must(os.ReadFile(pairs[at+1])), key, quorum)
		must(0, err)
	}
	fmt.Printf("the policy, and %d proofs under it, are right\n", len(pairs)/2)
}
