;; tries: panic while the host hands over the message, but not while it is checked
;; expect: error: it trapped: cannot leave component instance
(import "herald:policy/host@1.0.0" "log" (func $log (param i32 i32)))
(memory (export "memory") 4)
(data (i32.const 1024) "panicked at src/lib.rs:7:9:\0anobody")
(func $panic (call $log (i32.const 1024) (i32.const 34)) unreachable)
(global $calls (mut i32) (i32.const 0))
(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (if (i32.gt_u (global.get $calls) (i32.const 3)) (then (call $panic)))
    (i32.const 4096))
