;; tries: export a `cabi_realloc` of another signature
;; expect: refused: a module that makes no component
(func (export "cabi_realloc") (param i32) (result i32) (local.get 0))
