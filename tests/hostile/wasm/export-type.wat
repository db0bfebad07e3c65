;; tries: export a hook with another signature
;; expect: refused: type mismatch for function `route`: expected `[I32] -> [I32]` but found `[F64] -> [F64]`
(func (export "herald:policy/hooks@1.0.0#route") (param f64) (result f64) (local.get 0))
