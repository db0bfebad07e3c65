;; tries: return its stages from beyond its memory
;; expect: error: it broke off: pointer out of bounds of memory
;; hook: approve
(func (export "herald:policy/hooks@1.0.0#approve") (param i32) (result i32) (i32.const -4))
