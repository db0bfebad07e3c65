;; tries: write a line of 4 MiB
;; expect: plan: … (the log is full)
(import "herald:policy/host@1.0.0" "log" (func $log (param i32 i32)))
(memory (export "memory") 100)
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (memory.fill (i32.const 65536) (i32.const 120) (i32.const 4194304)) (call $log (i32.const 65536) (i32.const 4194304)) (i32.const 0))
