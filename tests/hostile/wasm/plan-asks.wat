;; tries: ask somebody 100,000 questions
;; expect: plan
(memory (export "memory") 32)
(data (i32.const 1068) "\00\08\00\00\01\00\00\00")
(data (i32.const 2048) "\00\0c\00\00\08\00\00\00") (data (i32.const 2128) "\00\00\01\00\a0\86\01\00")
(data (i32.const 3072) "everyone")
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (local $at i32)
    (local.set $at (i32.const 65536))
    (loop $l
        (i32.store (local.get $at) (i32.const 3072))
        (i32.store offset=4 (local.get $at) (i32.const 8))
        (i32.store8 offset=8 (local.get $at) (i32.const 3))
        (i32.store offset=12 (local.get $at) (i32.const 1))
        (local.set $at (i32.add (local.get $at) (i32.const 20)))
        (br_if $l (i32.lt_u (local.get $at) (i32.const 2065536))))
    (i32.const 1024))
