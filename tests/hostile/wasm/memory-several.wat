;; tries: take memory in turns from three memories
;; expect: memory
(memory (export "memory") 4) (memory $two 1) (memory $three 1)
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (loop $l (drop (memory.grow $three (i32.const 16))) (br_if $l (i32.ne (memory.grow $two (i32.const 16)) (i32.const -1)))) unreachable)
