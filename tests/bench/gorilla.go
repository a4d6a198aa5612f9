// The server beside which ours is measured: gorilla/websocket as its own examples use it, and nothing else.
//
// /ws echoes every message; one that begins with B goes to everybody, as one prepared message. It says its port first.
package main

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"sync"

	"github.com/gorilla/websocket"
)

type client struct {
	sync.Mutex
	*websocket.Conn
}

var (
	upgrader = websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	everyone = map[*client]struct{}{}
	guard    sync.RWMutex
)

func broadcast(kind int, data []byte) {
	message, err := websocket.NewPreparedMessage(kind, data)
	if err != nil {
		return
	}
	guard.RLock()
	defer guard.RUnlock()
	for one := range everyone {
		one.Lock()
		one.WritePreparedMessage(message)
		one.Unlock()
	}
}

func serve(w http.ResponseWriter, r *http.Request) {
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	one := &client{Conn: conn}
	guard.Lock()
	everyone[one] = struct{}{}
	guard.Unlock()
	defer func() {
		guard.Lock()
		delete(everyone, one)
		guard.Unlock()
		conn.Close()
	}()
	for {
		kind, data, err := conn.ReadMessage()
		if err != nil {
			return
		}
		if len(data) > 0 && data[0] == 'B' {
			broadcast(kind, data)
			continue
		}
		one.Lock()
		err = one.WriteMessage(kind, data)
		one.Unlock()
		if err != nil {
			return
		}
	}
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr().(*net.TCPAddr).Port)
	http.HandleFunc("/ws", serve)
	log.Fatal(http.Serve(listener, nil))
}
