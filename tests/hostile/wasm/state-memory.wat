;; tries: count its calls in its memory
;; expect: plan: one
(import "herald:policy/host@1.0.0" "log" (func $log (param i32 i32)))
(memory (export "memory") 4) (data (i32.const 2048) "onemore")
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (if (i32.load (i32.const 3000)) (then (call $log (i32.const 2051) (i32.const 4))) (else (call $log (i32.const 2048) (i32.const 3))))
    (i32.store (i32.const 3000) (i32.const 1)) (i32.const 0))
