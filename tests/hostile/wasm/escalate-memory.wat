;; tries: take memory in small steps, after a breach
;; expect: memory
;; hook: escalate
(func (export "herald:policy/hooks@1.0.0#escalate") (param i32) (result i32)
    (loop $l (br_if $l (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) unreachable)
