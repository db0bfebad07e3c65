;; tries: copy all its memory to and fro, instructions that take long each
;; expect: time
(memory (export "memory") 400)
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (loop $l (memory.copy (i32.const 0) (i32.const 1) (i32.const 26000000)) (br $l)) (i32.const 0))
