package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"
)

// recording is the body of one WatchList answer of a real API server, byte for byte: the objects of the start, the
// bookmark that ends them, and the events that followed.
type recording struct {
	bytes []byte
	// initial ends behind the bookmark.
	initialEnd   int
	firstVersion int64
	events       []event
}

// event is a line of the recording: [start, end), with the digits of its resourceVersion at [version, versionEnd).
type event struct{ start, version, versionEnd, end int }

var (
	initialEventsEnd = []byte(`"k8s.io/initial-events-end":"true"`)
	versionKey       = []byte(`"resourceVersion":"`)
	bookmarkPrefix   = []byte(`{"type":"BOOKMARK"`)
)

func openRecording(path string) (*recording, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	content, err := syscall.Mmap(int(file.Fd()), 0, int(info.Size()), syscall.PROT_READ, syscall.MAP_SHARED|syscall.MAP_POPULATE)
	if err != nil {
		return nil, fmt.Errorf("map %s: %w", path, err)
	}
	return indexRecording(content)
}

func indexRecording(content []byte) (*recording, error) {
	r := &recording{bytes: content}
	for start := 0; start < len(content); {
		length := bytes.IndexByte(content[start:], '\n')
		if length < 0 {
			break
		}
		if err := r.addLine(start, start+length+1); err != nil {
			return nil, err
		}
		start += length + 1
	}
	if r.initialEnd == 0 || len(r.events) == 0 {
		return nil, errors.New("the recording has no end of its initial objects, or no event after it")
	}
	return r, nil
}

func (r *recording) addLine(start, end int) error {
	line := r.bytes[start:end]
	isBookmark := bytes.HasPrefix(line, bookmarkPrefix)
	if r.initialEnd == 0 {
		if !isBookmark || !bytes.Contains(line, initialEventsEnd) {
			return nil
		}
		found, err := findVersion(line)
		if err != nil {
			return err
		}
		r.initialEnd = end
		r.firstVersion, err = strconv.ParseInt(string(line[found.version:found.versionEnd]), 10, 64)
		return err
	}
	if isBookmark {
		return nil
	}
	found, err := findVersion(line)
	if err != nil {
		return err
	}
	r.events = append(r.events, event{start, start + found.version, start + found.versionEnd, end})
	return nil
}

func findVersion(line []byte) (event, error) {
	key := bytes.Index(line, versionKey)
	if key < 0 {
		return event{}, fmt.Errorf("a line without resourceVersion: %.80s", line)
	}
	version := key + len(versionKey)
	length := bytes.IndexByte(line[version:], '"')
	if length <= 0 {
		return event{}, fmt.Errorf("a line with an empty resourceVersion: %.80s", line)
	}
	return event{version: version, versionEnd: version + length}, nil
}

// appendEvent writes the number-th event of the replay. Its resourceVersion is firstVersion+1+number: events are
// numbered one by one, and a recording that is played again goes on counting.
func (r *recording) appendEvent(buffer []byte, number int) []byte {
	e := r.events[number%len(r.events)]
	buffer = append(buffer, r.bytes[e.start:e.version]...)
	buffer = strconv.AppendInt(buffer, r.firstVersion+1+int64(number), 10)
	return append(buffer, r.bytes[e.versionEnd:e.end]...)
}
