;; tries: panic while the host hands over an answer
;; expect: error: it trapped: cannot leave component instance
(import "herald:policy/host@1.0.0" "resolve" (func $resolve (param i32 i32 i32)))
(import "herald:policy/host@1.0.0" "log" (func $log (param i32 i32)))
(memory (export "memory") 4)
(data (i32.const 1024) "panicked at src/lib.rs:7:9:\0anobody")
(func $panic (call $log (i32.const 1024) (i32.const 34)) unreachable)
(global $asks (mut i32) (i32.const 0))
(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (if (global.get $asks) (then (call $panic)))
    (i32.const 4096))
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (global.set $asks (i32.const 1))
    (call $resolve (i32.const 2048) (i32.const 0) (i32.const 3072)) (i32.const 0))
