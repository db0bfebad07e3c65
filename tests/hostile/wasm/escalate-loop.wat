;; tries: loop after a breach
;; expect: time
;; hook: escalate
(func (export "herald:policy/hooks@1.0.0#escalate") (param i32) (result i32) (loop $l (br $l)) (i32.const 0))
