import vit
from train.data.dataset import load
from train.evaluation.predictions import predict

model = vit.load("digits-4x4")
digits = load("test").subset(slice(1000))  # MNIST comes to the folder data/; leave subset out for all

predictions = predict(model, digits, vit.load_calibration("digits-4x4"))
print("accuracy", predictions.accuracy, "95 % interval", predictions.interval)
print("calibration error", predictions.calibration.error)
for place in predictions.mistakes()[:5].tolist():
    print("digit", place, "is", int(digits.labels[place]), "read as", int(predictions.digits[place]))
