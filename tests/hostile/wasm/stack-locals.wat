;; tries: use up the stack by one function of 40,000 locals that calls itself
;; expect: depth
(func $f (param i32) (result i32) (local {{4000 × i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 }})
    (i32.add (call $f (i32.const 1)) (local.get 0)))
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (drop (call $f (i32.const 1))) (i32.const 0))
