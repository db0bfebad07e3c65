;; tries: trap where it is asked who approves
;; expect: error: it trapped: it came where it must not come
;; hook: approve
(func (export "herald:policy/hooks@1.0.0#approve") (param i32) (result i32) unreachable)
