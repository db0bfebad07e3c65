;; tries: write lines for ever
;; expect: time
(import "herald:policy/host@1.0.0" "log" (func $log (param i32 i32)))
(memory (export "memory") 4) (data (i32.const 2048) "role:production/head")
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (loop $l (call $log (i32.const 2048) (i32.const 20)) (br $l)) (i32.const 0))
