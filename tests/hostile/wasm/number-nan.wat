;; tries: tell machines apart by the bits of what is no number
;; expect: plan: canonical
(import "herald:policy/host@1.0.0" "log" (func $log (param i32 i32)))
(memory (export "memory") 4) (data (i32.const 2048) "canonicalstrange")
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (local $bits i64)
    (local.set $bits (i64.reinterpret_f64 (f64.add (f64.reinterpret_i64 (i64.const 0xfff4000000000123)) (f64.load (i32.const 1024)))))
    (if (i64.eq (local.get $bits) (i64.const 0x7ff8000000000000)) (then (call $log (i32.const 2048) (i32.const 9))) (else (call $log (i32.const 2057) (i32.const 7))))
    (i32.const 0))
