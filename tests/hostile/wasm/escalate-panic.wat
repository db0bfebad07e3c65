;; tries: panic after a breach
;; expect: error: panicked at src/lib.rs:7:9: nobody
;; hook: escalate
(import "herald:policy/host@1.0.0" "log" (func $log (param i32 i32)))
(memory (export "memory") 4)
(data (i32.const 1024) "panicked at src/lib.rs:7:9:\0anobody")
(func $panic (call $log (i32.const 1024) (i32.const 34)) unreachable)
(func (export "herald:policy/hooks@1.0.0#escalate") (param i32) (result i32) (call $panic) unreachable)
