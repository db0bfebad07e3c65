;; tries: export a hook with another signature
;; expect: refused: a module that makes no component
(func (export "herald:policy/hooks@1.0.0#route") (param f64) (result f64) (local.get 0))
