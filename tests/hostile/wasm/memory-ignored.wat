;; tries: take memory and go on without it
;; expect: plan: {
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (drop (memory.grow (i32.const 60000))) (i32.const 0))
