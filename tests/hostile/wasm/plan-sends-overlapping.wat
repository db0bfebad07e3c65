;; tries: return 100,000 sends
;; expect: size: it handed the host more than 8 MiB
(memory (export "memory") 136)
(data (i32.const 1068) "\00\00\01\00\a0\86\01\00")
(data (i32.const 2048) "everyone")
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (local $at i32)
    (local.set $at (i32.const 65536))
    (loop $l
        (i32.store (local.get $at) (i32.const 2048))
        (i32.store offset=4 (local.get $at) (i32.const 8))
        (local.set $at (i32.add (local.get $at) (i32.const 88)))
        (br_if $l (i32.lt_u (local.get $at) (i32.const 8865536))))
    (i32.const 1024))
