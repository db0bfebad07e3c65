;; tries: tell 2^31 people of a breach in a small memory
;; expect: error: it broke off: list pointer/length out of bounds of memory
;; hook: escalate
(memory (export "memory") 4)
(data (i32.const 1028) "\00\08\00\00\00\00\00\80\00")
(func (export "herald:policy/hooks@1.0.0#escalate") (param i32) (result i32) (i32.const 1024))
