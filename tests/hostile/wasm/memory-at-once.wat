;; tries: take all memory at once
;; expect: memory
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (if (i32.eq (memory.grow (i32.const 60000)) (i32.const -1)) (then unreachable)) (i32.const 0))
