;; tries: offer nothing
;; expect: refused: it does not export `herald:policy/hooks@1.0.0`
(component )
