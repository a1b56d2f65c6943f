// Checks a log with Go's own packages for such logs: its checkpoint's signature, the root over
// its entries, and the proofs of inclusion and consistency that we made.
//
//	go run . FOLDER VKEY PROOF...
package main

import (
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

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

// opened reads a checkpoint whose signature by the log is right.
func opened(text []byte, key string) (int64, tlog.Hash) {
	verifier := must(note.NewVerifier(key))
	found := must(note.Open(text, note.VerifierList(verifier)))
	lines := strings.Split(found.Text, "\n")
	return must(strconv.ParseInt(lines[1], 10, 64)), must(tlog.ParseHash(lines[2]))
}

// path is a number as the tiles' addresses have it.
func path(number int64) string {
	text := fmt.Sprintf("%03d", number%1000)
	for number >= 1000 {
		number /= 1000
		text = fmt.Sprintf("x%03d/%s", number%1000, text)
	}
	return text
}

func entries(folder string, size int64) [][]byte {
	var found [][]byte
	for number := int64(0); number*256 < size; number++ {
		name := filepath.Join(folder, "tile/entries", path(number))
		if width := size - number*256; width < 256 {
			name = fmt.Sprintf("%s.p/%d", name, width)
		}
		data := must(os.ReadFile(name))
		for len(data) > 0 {
			length := binary.BigEndian.Uint16(data)
			found = append(found, data[2:2+length])
			data = data[2+length:]
		}
	}
	return found
}

func main() {
	folder, key := os.Args[1], os.Args[2]
	size, root := opened(must(os.ReadFile(filepath.Join(folder, "checkpoint"))), key)
	leaves := entries(folder, size)
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		var answer []tlog.Hash
		for _, index := range indexes {
			answer = append(answer, stored[index])
		}
		return answer, nil
	})
	for index, leaf := range leaves {
		stored = append(stored, must(tlog.StoredHashes(int64(index), leaf, reader))...)
	}
	if must(tlog.TreeHash(size, reader)) != root {
		must(0, fmt.Errorf("the entries have another root than the checkpoint"))
	}
	for _, name := range os.Args[3:] {
		head, checkpoint, _ := strings.Cut(string(must(os.ReadFile(name))), "\n\n")
		lines := strings.Split(head, "\n")
		index := must(strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64))
		var proof tlog.RecordProof
		for _, line := range lines[2:] {
			proof = append(proof, tlog.Hash(must(base64.StdEncoding.DecodeString(line))))
		}
		then, before := opened([]byte(checkpoint), key)
		must(0, tlog.CheckRecord(proof, then, before, index, tlog.RecordHash(leaves[index])))
		must(0, tlog.CheckTree(must(tlog.ProveTree(size, then, reader)), size, root, then, before))
	}
	fmt.Printf("%d entries and %d proofs are right\n", size, len(os.Args)-3)
}
