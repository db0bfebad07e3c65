;; tries: count to 2^64
;; expect: time
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (local $i i64) (loop $l (local.set $i (i64.add (local.get $i) (i64.const 1))) (br_if $l (i64.ne (local.get $i) (i64.const -1)))) (i32.const 0))
