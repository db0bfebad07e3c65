;; tries: take memory in small steps
;; expect: memory
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (loop $l (br_if $l (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) unreachable)
