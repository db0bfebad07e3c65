;; tries: panic when the host asks for memory, where it may not call the host and so not say why
;; expect: refused: it cannot validate its settings: it trapped: cannot leave component instance
(import "herald:policy/host@1.0.0" "log" (func $log (param i32 i32)))
(memory (export "memory") 4)
(data (i32.const 1024) "panicked at src/lib.rs:7:9:\0anobody")
(func $panic (call $log (i32.const 1024) (i32.const 34)) unreachable)
(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (call $panic) unreachable)
