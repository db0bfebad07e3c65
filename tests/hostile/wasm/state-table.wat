;; tries: keep a function in a table for the next call
;; expect: plan: one
(import "herald:policy/host@1.0.0" "log" (func $log (param i32 i32)))
(memory (export "memory") 4) (data (i32.const 2048) "onemore") (table $t 1 funcref) (elem declare func $f) (func $f)
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (if (ref.is_null (table.get $t (i32.const 0))) (then (call $log (i32.const 2048) (i32.const 3))) (else (call $log (i32.const 2051) (i32.const 4))))
    (table.set $t (i32.const 0) (ref.func $f)) (i32.const 0))
