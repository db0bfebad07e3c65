;; tries: loop where it is asked who approves
;; expect: time
;; hook: approve
(func (export "herald:policy/hooks@1.0.0#approve") (param i32) (result i32) (loop $l (br $l)) (i32.const 0))
