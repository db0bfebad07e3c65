;; tries: return after a breach what is neither a plan nor an error
;; expect: error: it broke off: invalid expected discriminant
;; hook: escalate
(memory (export "memory") 4)
(data (i32.const 1024) "\07")
(func (export "herald:policy/hooks@1.0.0#escalate") (param i32) (result i32) (i32.const 1024))
