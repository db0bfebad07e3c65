;; tries: export the hooks as a component of its own making
;; expect: refused: has no function `approve`
(component (instance $i) (export "herald:policy/hooks@1.0.0" (instance $i)))
