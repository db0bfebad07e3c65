;; tries: write a million lines
;; expect: plan: … (the log is full)
(import "herald:policy/host@1.0.0" "log" (func $log (param i32 i32)))
(memory (export "memory") 4) (data (i32.const 2048) "role:production/head")
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (local $n i32) (loop $l (call $log (i32.const 2048) (i32.const 20)) (local.set $n (i32.add (local.get $n) (i32.const 1))) (br_if $l (i32.lt_u (local.get $n) (i32.const 100000)))) (i32.const 0))
