;; tries: ask the host while the host asks for memory
;; expect: error: it trapped: cannot leave
(import "herald:policy/host@1.0.0" "resolve" (func $resolve (param i32 i32 i32)))
(global $calls (mut i32) (i32.const 0))
(memory (export "memory") 4)
(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (if (i32.gt_u (global.get $calls) (i32.const 3)) (then (call $resolve (i32.const 2048) (i32.const 0) (i32.const 1024))))
    (i32.const 4096))
