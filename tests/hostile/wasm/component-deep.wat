;; tries: be a component in a component in a component, 90 times
;; expect: refused: it does not export
(component {{90 × (component }}{{90 × )}})
