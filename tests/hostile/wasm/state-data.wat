;; tries: change its data for the next call
;; expect: plan: one
(import "herald:policy/host@1.0.0" "log" (func $log (param i32 i32)))
(memory (export "memory") 4) (data (i32.const 2048) "one")
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (call $log (i32.const 2048) (i32.const 3)) (i32.store8 (i32.const 2048) (i32.const 88)) (i32.const 0))
