;; tries: pass a span of a kind that there is not
;; expect: error: it broke off: unexpected discriminant: 9
(import "herald:policy/host@1.0.0" "add-working-time" (func $add (param i32 i32 i32 i32 i32 i32 i32 i32)))
(memory (export "memory") 4) (data (i32.const 2048) "role:production/head")
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (call $add (i32.const 2048) (i32.const 4) (i32.const 2048) (i32.const 4) (i32.const 9) (i32.const 1) (i32.const 0) (i32.const 1024)) (i32.const 0))
