;; tries: export hooks of a later version
;; expect: refused: it is built for `herald:policy/hooks@9.0.0`
(component (instance $i) (export "herald:policy/hooks@9.0.0" (instance $i)))
