;; tries: panic where its language prepares itself, once it can be heard
;; expect: refused: it does not start: panicked at src/lib.rs:7:9: nobody
(import "herald:policy/host@1.0.0" "log" (func $log (param i32 i32)))
(memory (export "memory") 4)
(data (i32.const 1024) "panicked at src/lib.rs:7:9:\0anobody")
(func $panic (call $log (i32.const 1024) (i32.const 34)) unreachable)
(func (export "_initialize") (call $panic))
