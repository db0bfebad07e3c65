;; tries: leave out a hook
;; expect: refused: a module that makes no component
(func (export "other"))
;; So that the runner adds none: (export "herald:policy/hooks@1.0.0#route")
