;; tries: fill all its memory again and again
;; expect: time
(memory (export "memory") 400)
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (loop $l (memory.fill (i32.const 0) (i32.const 1) (i32.const 26214400)) (br $l)) (i32.const 0))
