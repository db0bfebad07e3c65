;; tries: read in memory it takes what other guests left there
;; expect: plan: zero
(import "herald:policy/host@1.0.0" "log" (func $log (param i32 i32)))
(memory (export "memory") 4) (data (i32.const 2048) "zeronot zero")
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (local $at i32) (local $found i64)
    (drop (memory.grow (i32.const 396)))
    (local.set $at (i32.const 262144))
    (loop $l
        (local.set $found (i64.or (local.get $found) (i64.load (local.get $at))))
        (i64.store (local.get $at) (i64.const -1))
        (local.set $at (i32.add (local.get $at) (i32.const 8)))
        (br_if $l (i32.lt_u (local.get $at) (i32.const 26214400))))
    (if (i64.eqz (local.get $found)) (then (call $log (i32.const 2048) (i32.const 4))) (else (call $log (i32.const 2052) (i32.const 8))))
    (i32.const 0))
