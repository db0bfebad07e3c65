;; tries: decide by chance: log a random number, in octal and backwards
;; expect: plan: 0
(import "herald:policy/host@1.0.0" "log" (func $log (param i32 i32)))
(import "wasi:random/random@0.2.9" "get-random-u64" (func $get (result i64)))
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (local $value i64) (local $n i32) (local.set $value (call $get))
    (loop $l
        (i32.store8 (i32.add (i32.const 1024) (local.get $n)) (i32.add (i32.const 48) (i32.wrap_i64 (i64.and (local.get $value) (i64.const 7)))))
        (local.set $value (i64.shr_u (local.get $value) (i64.const 3)))
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (br_if $l (i32.lt_u (local.get $n) (i32.const 22))))
    (call $log (i32.const 1024) (i32.const 22)) (i32.const 0))
