;; tries: export a `cabi_realloc` of another signature
;; expect: refused: type mismatch for function `cabi_realloc`: expected `[I32, I32, I32, I32] -> [I32]`
(func (export "cabi_realloc") (param i32) (result i32) (local.get 0))
