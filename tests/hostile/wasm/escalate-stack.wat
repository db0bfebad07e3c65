;; tries: call itself after a breach
;; expect: depth
;; hook: escalate
(func $self (export "herald:policy/hooks@1.0.0#escalate") (param i32) (result i32) (call $self (local.get 0)))
